"""Every command and every button at the public door, used and refused: signed requests in, chat out."""
