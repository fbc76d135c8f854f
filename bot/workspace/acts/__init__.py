"""What people do: type, press, submit, react; and what they see of the answer."""
