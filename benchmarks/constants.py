"""Numbers that the models and the loops by hand share."""

CLASSES = 10
VOCABULARY = 1000
DROPOUT = 0.2
NORM_EPSILON = 1e-3  # of layer and batch normalization: Keras's default
MOMENTUM = 0.99  # of batch normalization's running moments
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7  # Adam's
PIXELS = 64  # of the images of users' steps, also the size of the GAN's noise
HIDDEN = 128  # in their networks
LATENT = 8  # of the autoencoder
