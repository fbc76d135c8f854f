"""Two projects of one stack beside each other, and which of them gets the traffic."""
