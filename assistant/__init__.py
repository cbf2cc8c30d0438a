"""What Rasa loads: the help-center importer, the NLU components, the private channel, and the evaluation.

Runs in .venv-rasa (Python 3.10, Rasa 3.6.21) and nothing else does.
"""
