"""The catalog as pages: parse, call one service, render. (Being built here.)"""
