"""What happens: verbs and reads, one module for each noun. No request, no page in here."""
