"""What was held back stays so; scores by hand."""
import unittest

import numpy as np
import torch

import data
from scores import confusion_matrix, scores_of
from train import dice_loss, distorted


class Split(unittest.TestCase):
    def test_no_training_slice_is_held_back_or_within_a_gap(self):
        training, held_back = set(data.training_slices()), data.held_back_slices()
        nearest = min(abs(a - b) for a in training for b in held_back)
        self.assertEqual(data.GAP + 1, nearest)
        self.assertTrue(set(data.KEPT) <= set(held_back))

    def test_training_volumes_end_before_the_block_held_back(self):
        self.assertLess(data.TRAINING_BELOW, data.HELD_BACK_FROM)
        self.assertGreaterEqual(data.KEPT_VOLUME[2].start, data.HELD_BACK_FROM)


class Halving(unittest.TestCase):
    def test_pictures_take_means_and_labels_the_majority(self):
        picture = np.array([[[1, 2, 9, 9], [3, 4, 9, 8]]], np.uint8)
        np.testing.assert_array_equal([[[3, 9]]], data.halve_picture(picture, (1, 2)))
        labels = np.array([[[5, 5, 2, 1], [3, 5, 1, 2]]], np.uint8)
        np.testing.assert_array_equal([[[5, 1]]], data.halve_labels(labels, (1, 2)))

    def test_padding_centres(self):
        np.testing.assert_array_equal([[0, 7, 0, 0]], data.pad_to(np.array([[7]]), (1, 4)))


class Scores(unittest.TestCase):
    def test_scores_of_four_pixels(self):
        matrix = confusion_matrix(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1], np.uint8), 3)
        np.testing.assert_array_equal([[2, 1, 0], [0, 1, 0], [0, 0, 0]], matrix)
        scores = scores_of(matrix, ("a", "b", "c"))
        self.assertEqual(0.75, scores["pixel_accuracy"])
        self.assertEqual(0.83333, scores["mean_accuracy"])
        self.assertEqual(round((2 / 3 + 1 / 2) / 2, 5), scores["mean_iou"])
        self.assertEqual(0.625, scores["frequency_weighted_iou"])
        self.assertEqual(round((4 / 5 + 2 / 3) / 2, 5), scores["mean_dice"])
        self.assertEqual({"a", "b"}, set(scores["classes"]))

    def test_the_dice_loss_vanishes_for_certain_right_answers(self):
        labels = torch.randint(0, 3, (2, 8, 8))
        scores = 100 * torch.nn.functional.one_hot(labels, 3).permute(0, 3, 1, 2).float()
        self.assertLess(dice_loss(scores, labels).item(), 1e-3)
        self.assertGreater(dice_loss(-scores, labels).item(), 0.5)


class Distortions(unittest.TestCase):
    def test_labels_move_as_pictures_do(self):
        torch.manual_seed(1)
        labels = torch.zeros(4, 64, 48, dtype=torch.long)
        labels[:, 10:40, 8:30] = 1
        pictures = (labels[:, None].float() - data.MEAN) / data.STD
        moved, truth = distorted(pictures, labels)
        found = (moved[:, 0] > (0.5 - data.MEAN) / data.STD).long()
        self.assertFalse(torch.equal(truth, labels))
        self.assertGreater((found == truth).float().mean().item(), 0.98)


if __name__ == "__main__":
    unittest.main()
