"""Average precision by hand, and what the training of instances relies on."""
import unittest

import numpy as np
import torch
from torch import nn

import shapes
from evaluate_instances import SEED, find, normalized
from instance_scores import AveragePrecision, iou_of_boxes, iou_of_masks, matches_of
from train_instances import EPSILON, TRAINING_SEED, build_for_training, fold_epsilon, losses_of, targets_of


class Scores(unittest.TestCase):
    def test_iou_of_boxes_and_masks(self):
        boxes = np.array([[0, 0, 4, 2], [2, 0, 6, 2]], np.float32)
        np.testing.assert_allclose([[1, 1 / 3], [1 / 3, 1]], iou_of_boxes(boxes, boxes))
        masks = np.zeros((2, 2, 6), bool)
        masks[0, :, :4] = masks[1, :, 2:] = True
        np.testing.assert_allclose(iou_of_boxes(boxes, boxes), iou_of_masks(masks, masks), rtol=1e-6)

    def test_an_instance_is_taken_once_by_the_best_score(self):
        iou = np.array([[0.7, 0.6], [0.9, 0.55], [0.8, 0.2]])
        self.assertEqual([True, True, False], matches_of(iou, 0.5).tolist())
        self.assertEqual([True, False, False], matches_of(iou, 0.65).tolist())
        self.assertEqual([False], matches_of(np.zeros((1, 0)), 0.5).tolist())

    def test_average_precision_of_three_detections(self):
        scores = AveragePrecision()
        iou = np.array([[1.0, 0], [0, 0], [0, 0.62]])
        scores.add(np.array([1, 1, 1]), np.array([0.9, 0.8, 0.7]), np.array([1, 1]), iou)
        result = scores.result(("background", "circle"))
        # Precisions are 1, 1/2 and 2/3 at recalls 1/2, 1/2 and 1.
        both, first = (51 + 50 * 2 / 3) / 101, 51 / 101
        self.assertAlmostEqual(both, result["ap50"], 4)
        self.assertAlmostEqual(first, result["ap75"], 4)
        self.assertAlmostEqual((3 * both + 7 * first) / 10, result["ap"], 4)
        self.assertEqual({"circle": result["ap"]}, result["classes"])

    def test_the_truth_itself_scores_one_and_a_class_without_detections_zero(self):
        scores = AveragePrecision()
        labels = np.array([1, 2])
        scores.add(labels[:1], np.ones(1), labels, np.eye(2)[:1])
        self.assertEqual({"circle": 1, "ring": 0}, scores.result(("background", "circle", "ring"))["classes"])


class Training(unittest.TestCase):
    def test_no_picture_that_is_held_back_is_trained_on(self):
        self.assertNotEqual(SEED, TRAINING_SEED)

    def test_losses_are_finite_and_reach_every_layer(self):
        torch.manual_seed(1)
        network = build_for_training(len(shapes.CLASSES)).train()
        scenes = [shapes.scene(1, number, (96, 96)) for number in range(2)]
        losses = losses_of(network, torch.cat([normalized(item.picture) for item in scenes]), targets_of(scenes))
        sum(losses.values()).backward()
        self.assertEqual({"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg", "loss_mask"},
                         set(losses))
        self.assertTrue(all(torch.isfinite(loss) for loss in losses.values()))
        self.assertEqual([], [name for name, value in network.named_parameters() if value.grad is None])

    def test_folding_epsilon_changes_no_output(self):
        torch.manual_seed(1)
        network = build_for_training(3).eval()
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                self.assertEqual(EPSILON, layer.eps)
                nn.init.uniform_(layer.running_var, 0, 4 * EPSILON)
        picture = torch.randn(1, 3, 64, 64)
        with torch.no_grad():
            before = network.backbone.body(picture)["layer1"]
            fold_epsilon(network)
            after = network.backbone.body(picture)["layer1"]
        self.assertTrue(torch.allclose(before, after, rtol=1e-3))

    def test_found_masks_have_the_size_of_the_picture(self):
        torch.manual_seed(1)
        found = find(build_for_training(3).eval(), shapes.scene(1, 1, (64, 96)).picture)
        self.assertEqual((len(found["labels"]), 64, 96), tuple(found["pasted"].shape))


if __name__ == "__main__":
    unittest.main()
