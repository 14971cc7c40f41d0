"""What people say of repositories: likes, discussions, pull requests, collections."""
