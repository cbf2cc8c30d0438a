"""The help center as data: what the content editors write, read and checked before Rasa sees it."""
