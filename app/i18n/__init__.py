"""The nine languages: addresses, negotiation, dates, sorting, and texts that exist in several of them."""
