"""What is measured, and how. Nothing the running bot needs."""
