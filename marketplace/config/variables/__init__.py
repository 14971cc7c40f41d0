"""What an operator may set, by what it is about; `config.env.Environment` is all of it."""

from pydantic.config import JsonDict

SECRET: JsonDict = {
    "is_secret": True
}  # given by reference, never written where others read
