"""What leaves on paper. Nothing is decided here; no child's name or words may enter unless somebody asks for them."""
