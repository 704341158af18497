"""When projects take place by what the sources state, and what happened in the history."""
