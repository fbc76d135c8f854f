"""Looking into a Neo4j server over Bolt; every session only reads."""
