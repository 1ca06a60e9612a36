"""How a reader stands up to damage, to attack, and to what is no digit."""
