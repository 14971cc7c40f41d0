"""What an operator may set, by what it is about; `config.env.Environment` is all of it."""
