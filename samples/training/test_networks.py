"""Names, sizes and values of the networks."""
import sys
import unittest

import torch
from torchvision.models import segmentation

from count import count
from networks import NETWORKS, build

# Smallest sizes that show something; others take 64x96.
SIZES = {"dilated-frontend": (388, 380), "dilated8": (388, 380), "dilated10": (388, 380), "unet": (188, 204),
         "vnet": (32, 32, 16), "patch-classifier": (95, 95), "patch-classifier-dense": (99, 97), "crf-rnn": (21, 17)}
# Output sizes that are not the input's.
OUTPUTS = {"dilated-frontend": (2, 1), "dilated8": (2, 1), "dilated8-padded": (8, 12), "dilated10": (16, 8),
           "unet": (4, 20), "patch-classifier": (1, 1), "patch-classifier-dense": (5, 3), "deeplab-v1": (65, 97),
           "deeplab-v2-vgg16": (65, 97), "deeplab-v2-resnet101": (65, 97), "pspnet50": (65, 97), "pspnet101": (65, 97)}


def run(network: torch.nn.Module, *shape: int) -> torch.Tensor:
    with torch.no_grad():
        return network(torch.randn(shape, generator=torch.Generator().manual_seed(1)))


def calibrate(network: torch.nn.Module) -> None:
    """Random weights with which activations neither die nor grow."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    network.train()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    network(torch.randn(2, 3, 97, 129))
    network.eval()


class Sizes(unittest.TestCase):
    def test_every_network_is_built_at_a_small_width_and_gives_the_size_expected(self):
        for name, network in NETWORKS.items():
            with self.subTest(name):
                size = SIZES.get(name, (64, 96))
                shape = (1, network.input[1], *size)
                output = run(build(name, 3, 0.04, input=shape), *shape)
                self.assertEqual((1, 3, *OUTPUTS.get(name, size)), tuple(output.shape))
                self.assertTrue(torch.isfinite(output).all())

    def test_unet_gives_the_papers_388_pixels_for_572(self):
        self.assertEqual((1, 2, 388, 388), tuple(run(build("unet", width=0.02), 1, 1, 572, 572).shape))

    def test_dilated_front_end_gives_66_scores_a_side_for_900_pixels(self):
        self.assertEqual((1, 3, 66, 66), tuple(run(build("dilated8", 3, 0.01), 1, 3, 900, 900).shape))

    def test_fcn_gives_every_odd_size_back(self):
        for name in ("fcn-32s", "fcn-16s", "fcn-8s"):
            self.assertEqual((1, 3, 33, 7), tuple(run(build(name, 3, 0.02), 1, 3, 33, 7).shape))

    def test_an_output_stride_of_8_changes_no_shape(self):
        for name, network in NETWORKS.items():
            if network.output_stride is None:
                continue
            with self.subTest(name):
                one, other = (build(name, 3, 0.04, output_stride=stride) for stride in (8, 16))
                shapes = [{k: v.shape for k, v in net.state_dict().items()} for net in (one, other)]
                self.assertEqual(*shapes)
                self.assertEqual((1, 3, 65, 57), tuple(run(one, 1, 3, 65, 57).shape))


class Counts(unittest.TestCase):
    def test_parameters_in_millions_are_the_published_ones(self):
        for name, millions in {"deeplab-v1": 20.5, "deeplab-v3-resnet50": 39.6, "deeplab-v3plus-xception65": 41.1,
                               "fc-densenet103": 9.3, "segnet": 29.4, "unet": 31.0}.items():
            with self.subTest(name):
                self.assertEqual(millions, round(count(name)[0] / 1e6, 1))


class Torchvision(unittest.TestCase):
    def test_names_and_outputs_are_torchvisions(self):
        for name, make in (("fcn-resnet50", segmentation.fcn_resnet50),
                           ("deeplab-v3-resnet50", segmentation.deeplabv3_resnet50),
                           ("deeplab-v3-mobilenet-v3", segmentation.deeplabv3_mobilenet_v3_large),
                           ("lraspp-mobilenet-v3", segmentation.lraspp_mobilenet_v3_large)):
            with self.subTest(name):
                theirs = make(weights=None, weights_backbone=None)
                calibrate(theirs)
                ours = build(name)
                self.assertEqual(list(theirs.state_dict()), list(ours.state_dict()))
                ours.load_state_dict(theirs.state_dict())
                picture = torch.randn(1, 3, 97, 65)
                with torch.no_grad():
                    expected, came = theirs(picture)["out"], ours(picture)
                self.assertGreater(expected.std().item(), 0.05)
                self.assertLess((expected - came).abs().max().item(), 1e-4 * expected.abs().max().item())


class Equivalences(unittest.TestCase):
    def test_the_dense_patch_classifier_gives_what_patches_give(self):
        patches, dense = build("patch-classifier", width=0.2), build("patch-classifier-dense", width=0.2)
        dense.load_state_dict(patches.state_dict())
        picture = torch.randn(1, 1, 98, 97)
        with torch.no_grad():
            expected = torch.stack([torch.stack([patches(picture[..., y:y + 95, x:x + 95])[0, :, 0, 0]
                                                 for x in range(3)], 1) for y in range(4)], 1)
            self.assertLess((dense(picture)[0] - expected).abs().max().item(), 1e-5)

    def test_mean_field_prefers_the_label_of_alike_pixels(self):
        network = build("crf-rnn", 2, 0.02)
        picture = torch.zeros(1, 3, 8, 8)
        picture[..., 4:] = 255
        unary = torch.zeros(1, 2, 8, 8)
        unary[0, 0, :, :4] = 1.0
        unary[0, 1, :, 4:] = 1.0
        unary[0, 0, 0, 6] = 1.5
        with torch.no_grad():
            labels = network.inference1(unary, picture)[0].argmax(0)
        self.assertTrue((labels[:, 4:] == 1).all() and labels[:, :4].sum() == 0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(unittest.main())
