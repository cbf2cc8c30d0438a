"""A stand-in for WhatsApp's Cloud API on loopback: ``python -m sandbox.whatsapp``. Its limits are Meta's, written anew
here so that a wrong limit of the channel is found."""
