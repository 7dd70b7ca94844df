"""Parts of the R-CNNs against published values and torchvision."""
import unittest

import torch
from torchvision.ops import nms

from networks.rcnn_c4 import RCNNC4
from networks.rcnn_vgg16 import FasterRCNNVGG16, base_anchors, decode, suppress


class FasterRCNNOnVGG16(unittest.TestCase):
    def test_anchors_are_those_of_the_release(self):
        # generate_anchors.py of py-faster-rcnn
        expected = [[-84, -40, 99, 55], [-176, -88, 191, 103], [-360, -184, 375, 199],
                    [-56, -56, 71, 71], [-120, -120, 135, 135], [-248, -248, 263, 263],
                    [-36, -80, 51, 95], [-80, -168, 95, 183], [-168, -344, 183, 359]]
        self.assertEqual(expected, base_anchors().tolist())

    def test_boxes_are_decoded_from_sizes_that_count_the_last_pixel(self):
        boxes = torch.tensor([[10.0, 20, 29, 59], [5, 5, 5, 7]])
        deltas = torch.tensor([[[0.1, -0.1, 0, 0.5]], [[0, 0, 4, 4]]])
        expected = torch.tensor([[[12, 3.0255747, 32, 59]], [[0, 0, 32.799075, 59]]])
        torch.testing.assert_close(decode(boxes, deltas, 60, 50), expected)

    def test_suppression_is_torchvisions_with_a_pixel_more(self):
        generator = torch.Generator().manual_seed(1)
        corners = torch.randint(0, 40, (500, 2), generator=generator).double()
        sizes = torch.randint(0, 12, (500, 2), generator=generator)
        boxes = torch.cat((corners, corners + sizes), 1)
        scores = torch.rand(500, generator=generator).double()
        wider = boxes + torch.tensor([0, 0, 1, 1])
        self.assertEqual(nms(wider, scores, 0.31).tolist(), suppress(boxes, scores, 0.31).tolist())
        self.assertEqual(0, len(suppress(boxes[:0], scores[:0], 0.5)))

    def test_layers_have_the_names_of_the_port(self):
        names = set(FasterRCNNVGG16(classes=3, width=0.02).state_dict())
        for layer in ("RCNN_base.0", "RCNN_base.28", "RCNN_rpn.RPN_Conv", "RCNN_rpn.RPN_cls_score",
                      "RCNN_rpn.RPN_bbox_pred", "RCNN_top.0", "RCNN_top.3", "RCNN_cls_score", "RCNN_bbox_pred"):
            self.assertLessEqual({f"{layer}.weight", f"{layer}.bias"}, names)
        self.assertEqual(2 * 20, len(names))


class RCNNOnTheFourthStage(unittest.TestCase):
    def test_masks_have_14_pixels_a_side_and_share_the_stage_of_boxes(self):
        torch.manual_seed(1)
        network = RCNNC4(has_masks=True, classes=3, width=0.05).eval()
        network.roi_heads.score_thresh = 0.0
        with torch.no_grad():
            found = network(torch.randn(1, 3, 64, 64))
        self.assertEqual((len(found["labels"]), 1, 14, 14), tuple(found["masks"].shape))
        self.assertFalse([name for name in network.state_dict() if "mask_head" in name])


if __name__ == "__main__":
    unittest.main()
