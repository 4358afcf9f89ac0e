"""Events: ceremonies, exchange visits, forums, webinars, meetings and gatherings."""
