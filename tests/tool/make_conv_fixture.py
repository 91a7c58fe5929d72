#!/usr/bin/python3
# make_conv_fixture.py -- prints tests/unit/fixtures/conv.txt: logits of small convolutional networks by PyTorch, in
# double.
#   /usr/bin/python3 tests/tool/make_conv_fixture.py > tests/unit/fixtures/conv.txt
# Images and parameters are those of test_layers.c, number after number; weights of a convolution are rows
# (y, x, channel) by outputs there, (output, channel, y, x) here, and what enters an affine layer is
# flattened with the channel last. A line: KERNEL STRIDE POOL MEAN, then the logits of two images.
import numpy as np
import torch
import torch.nn.functional as F


def sequence(n, step):
    return torch.tensor([((i * step) % 101) / 101 - 0.5 for i in range(n)], dtype=torch.float32).double()


class Reader:
    def __init__(self, x):
        self.x, self.at = x, 0

    def take(self, *shape):
        n = int(np.prod(shape))
        part = self.x[self.at : self.at + n].reshape(*shape)
        self.at += n
        return part


def network(kernel, stride, pool, mean):
    params = Reader(sequence(100000, 37))
    x = sequence(2 * 7 * 6 * 2, 53).reshape(2, 7, 6, 2).permute(0, 3, 1, 2)
    inputs = 2
    for outputs in (4, 3):
        w = params.take(kernel, kernel, inputs, outputs).permute(3, 2, 0, 1)
        x = F.relu(F.conv2d(x, w, params.take(outputs), stride=stride, padding=kernel // 2))
        if pool > 1:
            x = (F.avg_pool2d if mean else F.max_pool2d)(x, pool)
        inputs = outputs
    x = x.permute(0, 2, 3, 1).reshape(2, -1)
    for outputs, last in ((5, False), (3, True)):
        x = x @ params.take(x.shape[1], outputs) + params.take(outputs)
        x = x if last else F.relu(x)
    return x


print(f"# by: /usr/bin/python3 tests/tool/make_conv_fixture.py; PyTorch {torch.__version__}")
for case in ((3, 1, 2, 0), (5, 1, 2, 1), (3, 2, 1, 0), (1, 1, 2, 0)):
    print(*case, *(repr(v) for v in network(*case).flatten().tolist()))
