"""What shape must typed things have? Types, lengths, formats; never a rule."""
