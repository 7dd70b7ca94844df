"""Pictures of shapes are what shapes.py promises, and so are their annotations."""
import unittest

import numpy as np

import shapes


class Scenes(unittest.TestCase):
    def test_a_picture_depends_on_its_seed_and_number_only(self):
        first, again = shapes.scene(9, 4), shapes.scene(9, 4)
        np.testing.assert_array_equal(first.picture, again.picture)
        np.testing.assert_array_equal(first.masks, again.masks)
        self.assertFalse(np.array_equal(first.picture, shapes.scene(9, 5).picture))
        self.assertFalse(np.array_equal(first.picture, shapes.scene(8, 4).picture))

    def test_no_pixel_has_two_instances_and_each_instance_has_enough(self):
        for number in range(20):
            item = shapes.scene(3, number, (96, 160))
            self.assertEqual((len(item.labels), 96, 160), item.masks.shape)
            self.assertLessEqual(item.masks.sum(0).max(), 1)
            self.assertGreaterEqual(item.masks.sum((1, 2)).min(), shapes.MIN_VISIBLE_PIXELS)

    def test_every_class_occurs_and_some_shapes_are_cut_by_the_border(self):
        scenes = [shapes.scene(3, number) for number in range(20)]
        labels = np.concatenate([item.labels for item in scenes])
        self.assertEqual(set(range(1, len(shapes.CLASSES))), set(labels.tolist()))
        self.assertTrue(any(item.masks[:, 0].any() or item.masks[:, :, -1].any() for item in scenes))

    def test_boxes_are_tight(self):
        mask = np.zeros((1, 6, 8), bool)
        mask[0, 2:5, 3] = mask[0, 4, 3:7] = True
        item = shapes.Scene(np.zeros((6, 8, 3), np.uint8), np.array([1]), mask)
        np.testing.assert_array_equal([[3, 2, 7, 5]], item.boxes())

    def test_rings_have_a_hole(self):
        random = np.random.default_rng(1)
        coverage = shapes.coverage_of("ring", 40, (32, 32), (64, 64), random)
        self.assertEqual(0, coverage[32, 32])
        self.assertEqual(1, coverage[32, 15])
        self.assertEqual(0, coverage[32, 10])


class Annotations(unittest.TestCase):
    def test_run_lengths_go_along_columns_and_begin_outside(self):
        mask = np.array([[1, 0, 1], [1, 0, 0]], bool)
        self.assertEqual([0, 2, 2, 1, 1], shapes.run_lengths(mask))
        self.assertEqual([1, 1], shapes.run_lengths(np.array([[0], [1]], bool)))

    def test_masks_survive_run_lengths(self):
        for mask in shapes.scene(3, 1, (48, 64)).masks:
            np.testing.assert_array_equal(mask, shapes.mask_of(shapes.run_lengths(mask), mask.shape))

    def test_annotations_name_pictures_and_categories(self):
        item = shapes.scene(3, 1)
        written = shapes.annotations_of({"a.png": item, "b.png": item})
        self.assertEqual(["a.png", "b.png"], [image["file_name"] for image in written["images"]])
        self.assertEqual(2 * len(item.labels), len(written["annotations"]))
        names = {category["id"]: category["name"] for category in written["categories"]}
        self.assertEqual(dict(enumerate(shapes.CLASSES[1:], 1)), names)
        last = written["annotations"][-1]
        self.assertEqual((2, item.labels[-1]), (last["image_id"], last["category_id"]))
        self.assertEqual(last["area"], sum(last["segmentation"]["counts"][1::2]))


if __name__ == "__main__":
    unittest.main()
