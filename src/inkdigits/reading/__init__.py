"""Reading: pictures in, `Page` ▸ `Line` ▸ `Digit` out. No TensorFlow."""
