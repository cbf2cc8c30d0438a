"""The front desk: the only public process of Guichê. It imports neither Rasa nor the assistant nor the actions."""
