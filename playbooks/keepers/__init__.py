"""What restores kept, by kind of datastore.

Each module has `kept(stack, name, secrets, safety)`: what is kept of the datastore, in words, by
the run that kept it. `safety` are the ids of its safety backups by run. Raises ActionFailed or
SecretUnavailable where that cannot be seen.
"""
