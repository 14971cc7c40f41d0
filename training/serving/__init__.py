"""Models that answer: on their pages, to programs, and in pages of others.

Who may take a model may have it answer, on a worker and in the sandbox. Each answer says
how sure it is, and `unknown` when the input is unlike what the model knows. What is asked
is kept until it is answered; what that took is counted.
"""
