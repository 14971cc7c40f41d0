"""The platform people see: accounts, bytes, repositories, pages, and their frame."""
