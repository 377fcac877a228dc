"""One merchant's cockpit: customers through their whole life, goods near the buyer."""
