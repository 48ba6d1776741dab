"""The pages of machines and of what they are made from. Each view asks access through `vmportal.pages`."""
