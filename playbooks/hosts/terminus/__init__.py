"""TerminusDB, by the part of its HTTP interface that its documentation describes."""
