"""The methods of HTTP that a table of permissions names."""

GET, POST, PUT, PATCH, DELETE = "GET", "POST", "PUT", "PATCH", "DELETE"
