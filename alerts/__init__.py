"""Article to Match to Alert to Delivery."""
