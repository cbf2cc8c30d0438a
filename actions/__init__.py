"""The action server: what the assistant does at the portal. One file a capability; no sentence, no HTTP of the portal.

Sentences are responses of domain.yml, uttered by name with values (`responses.py` lists the names). Personal data goes
to the front desk as data (`custom: {"private": …}`) and is never put into words here.
"""
