"""What Interlock finds wrong by itself: conditions of stacks, and what their logs show."""
