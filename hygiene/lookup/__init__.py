"""What DNS says of each distinct domain: asked once, remembered; the only stage that talks to the network."""
