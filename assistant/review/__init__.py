"""The half of `guiche review` that knows the model and the training data: grouping lines and adding them."""
