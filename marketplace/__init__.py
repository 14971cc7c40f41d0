"""The platform people see: accounts, bytes, repositories, pages, and the frame that holds them."""
