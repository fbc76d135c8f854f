"""Getting a payload to the bot: Socket Mode, signed HTTP, and events with redelivery."""
