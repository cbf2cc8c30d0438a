"""WhatsApp: the Cloud API's webhook in, its messages endpoint out. What the platform allows is in limits.py."""
