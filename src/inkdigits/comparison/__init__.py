"""The comparison: classical machine learning and the project's recipes, trained and measured on the same digits."""
