"""How well messages are understood, measured on lines that nobody trained on."""
