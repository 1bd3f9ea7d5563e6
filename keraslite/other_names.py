"""Names that people know from Keras's other versions and from other libraries, and what to use here.

Data for `public.py`, looked at only where a name is missing. Paths are those below the package.
"""

from __future__ import annotations

#: What Keras 3 has and we have not, by module. The names go when they are there.
NOT_YET = {
    "": "Quantizer applications distillation distribution export quantizers visualization",
    "callbacks": "BackupAndRestore OrbaxCheckpoint RemoteMonitor SwapEMAWeights",
    "dtype_policies": "AWQDTypePolicy GPTQDTypePolicy Int4DTypePolicy QuantizedDTypePolicy QuantizedFloat8DTypePolicy",
    "layers": "AugMix AutoContrast CategoryEncoding CenterCrop ContrastLimitedAdaptiveHistogramEqualization "
    "ConvLSTM1D ConvLSTM2D ConvLSTM3D CutMix Discretization Equalization FlaxLayer HashedCrossing Hashing JaxLayer "
    "MaxNumBoundingBoxes MixUp Normalization Pipeline RandAugment RandomBrightness RandomColorDegeneration "
    "RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur "
    "RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation "
    "RandomSharpness RandomShear RandomTranslation RandomZoom Rescaling Resizing Solarization TFSMLayer "
    "TextVectorization TorchModuleWrapper",
    "saving": "KerasFileEditor",
    "utils": "Config FeatureSpace audio_dataset_from_directory bounding_boxes "
    "image_dataset_from_directory model_to_dot plot_model split_dataset "
    "text_dataset_from_directory timeseries_dataset_from_array",
}

_NO_SWITCH = "`verbose=` of `fit`, `evaluate` and `predict`, which prints lines where the output is no terminal"

#: What to use instead, by path.
INSTEAD = {
    "engine": "`keraslite.Layer`, `keraslite.layers.InputSpec`",
    "estimator": "`model.fit`",
    "experimental": "`keraslite.layers` and `keraslite.optimizers`",
    "initializers.normal": "`keraslite.initializers.random_normal`",
    "initializers.uniform": "`keraslite.initializers.random_uniform`",
    "initializers.one": "`keraslite.initializers.ones`",
    "initializers.zero": "`keraslite.initializers.zeros`",
    "np_utils": "`keraslite.utils.to_categorical`",
    "wrappers": "`model.fit` and `model.predict` in a class of your own: there are no wrappers for scikit-learn",
    "backend.batch_dot": "`keraslite.ops.matmul` or `keraslite.ops.einsum`",
    "backend.batch_get_value": "`keraslite.ops.convert_to_numpy` of each variable",
    "backend.batch_set_value": "`variable.assign(value)` of each variable",
    "backend.bias_add": "`x + bias`",
    "backend.get_session": "nothing: there are no sessions",
    "backend.in_test_phase": "the argument `training` of `call`",
    "backend.in_train_phase": "the argument `training` of `call`",
    "backend.learning_phase": "the argument `training` of `call`",
    "backend.set_learning_phase": "the argument `training` of `model(x, training=...)`",
    "backend.set_session": "nothing: there are no sessions",
    "backend.set_value": "`variable.assign(value)`",
    "ops.boolean_mask": "`x[mask]`, or `keraslite.ops.where` where shapes have to be known",
    "ops.random": "`keraslite.random`",
    "callbacks.experimental": "`keraslite.callbacks`",
    "layers.AbstractRNNCell": "`keraslite.layers.RNN` of a `Layer` with `state_size` and `call(inputs, states)`",
    "layers.AtrousConvolution1D": "`keraslite.layers.Conv1D` with `dilation_rate=`",
    "layers.AtrousConvolution2D": "`keraslite.layers.Conv2D` with `dilation_rate=`",
    "layers.BatchNormalizationV1": "`keraslite.layers.BatchNormalization`",
    "layers.BatchNormalizationV2": "`keraslite.layers.BatchNormalization`",
    "layers.CuDNNGRU": "`keraslite.layers.GRU`",
    "layers.CuDNNLSTM": "`keraslite.layers.LSTM`",
    "layers.Deconvolution2D": "`keraslite.layers.Conv2DTranspose`",
    "layers.Deconvolution3D": "`keraslite.layers.Conv3DTranspose`",
    "layers.DenseFeatures": "a model with one `keraslite.Input` for each feature",
    "layers.LocallyConnected1D": "`keraslite.ops.unfold` and `keraslite.layers.EinsumDense`",
    "layers.LocallyConnected2D": "`keraslite.ops.image.extract_patches` and `keraslite.layers.EinsumDense`",
    "layers.Merge": "`keraslite.layers.Concatenate`, `Add`, `Multiply`, `Average`, `Maximum` or `Dot`",
    "layers.merge": "`keraslite.layers.Concatenate`, `Add`, `Multiply`, `Average`, `Maximum` or `Dot`",
    "layers.RandomHeight": "`keraslite.ops.image.resize`",
    "layers.RandomWidth": "`keraslite.ops.image.resize`",
    "layers.ThresholdedReLU": "`keraslite.layers.ReLU` with `threshold=`",
    "layers.TimeDistributedDense": "`keraslite.layers.Dense`, which works on the last axis",
    "layers.experimental": "`keraslite.layers`",
    "losses.Reduction": 'the text "sum_over_batch_size", "sum", "mean" or None',
    "losses.cosine_proximity": "`keraslite.losses.cosine_similarity`",
    "losses.logcosh": "`keraslite.losses.log_cosh`",
    "mixed_precision.experimental": "`keraslite.mixed_precision`",
    "models.model_from_config": "`keraslite.models.Model.from_config`",
    "models.model_from_yaml": "`keraslite.models.model_from_json`",
    "optimizers.experimental": "`keraslite.optimizers`",
    "optimizers.TFOptimizer": "`keraslite.optimizers`",
    "random.seed": "`keraslite.utils.set_random_seed`",
    "random.set_seed": "`keraslite.utils.set_random_seed`",
    "regularizers.activity_l1": "`activity_regularizer=` of the layer",
    "regularizers.activity_l2": "`activity_regularizer=` of the layer",
    "utils.GeneratorEnqueuer": "`model.fit`, which takes generators",
    "utils.OrderedEnqueuer": "`model.fit`, which takes a `keraslite.utils.PyDataset`",
    "utils.SequenceEnqueuer": "`model.fit`, which takes a `keraslite.utils.PyDataset`",
    "utils.experimental": "`keraslite.utils`",
    "utils.generic_utils": "`keraslite.utils`",
    "utils.multi_gpu_model": "one device: several are not there yet",
    "utils.np_utils": "`keraslite.utils`",
    "utils.print_summary": "`model.summary()`",
    "utils.to_ordinal": "`keraslite.ops.cast(x[:, None] > keraslite.ops.arange(num_classes - 1), 'float32')`",
    "utils.vis_utils": "`model.summary()`",
}

#: Ops by the names that Keras 2's backend and other libraries give them.
OPS = {
    "avg_pool2d": "average_pool",
    "avg_pool": "average_pool",
    "cat": "concatenate",
    "clamp": "clip",
    "clip_by_value": "clip",
    "concat": "concatenate",
    "constant": "convert_to_tensor",
    "conv1d": "conv",
    "conv2d": "conv",
    "conv2d_transpose": "conv_transpose",
    "conv3d": "conv",
    "depthwise_conv2d": "depthwise_conv",
    "div": "divide",
    "fill": "full",
    "from_numpy": "convert_to_tensor",
    "gather": "take",
    "gather_nd": "get_item",
    "int_shape": "shape",
    "is_inf": "isinf",
    "is_nan": "isnan",
    "l2_normalize": "normalize",
    "max_pool2d": "max_pool",
    "mul": "multiply",
    "neg": "negative",
    "permute": "transpose",
    "permute_dimensions": "transpose",
    "pool2d": "max_pool",
    "pow": "power",
    "range": "arange",
    "rank": "ndim",
    "reduce_all": "all",
    "reduce_any": "any",
    "reduce_max": "max",
    "reduce_mean": "mean",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_sum": "sum",
    "scatter_nd": "scatter",
    "separable_conv2d": "separable_conv",
    "sub": "subtract",
    "tensor": "convert_to_tensor",
    "tensor_scatter_nd_update": "scatter_update",
    "to_numpy": "convert_to_numpy",
    "unsqueeze": "expand_dims",
}

#: What Keras 2's `backend` has besides.
BACKEND = {
    "cast_to_floatx": "ops.cast",
    "ctc_batch_cost": "ops.ctc_loss",
    "ctc_decode": "ops.ctc_decode",
    "dropout": "random.dropout",
    "eval": "ops.convert_to_numpy",
    "function": "transforms.jit",
    "get_value": "ops.convert_to_numpy",
    "gradients": "transforms.grad",
    "map_fn": "ops.map",
    "placeholder": "Input",
    "random_normal": "random.normal",
    "random_uniform": "random.uniform",
    "rnn": "layers.RNN",
    "switch": "ops.where",
    "truncated_normal": "random.truncated_normal",
    "variable": "Variable",
}
