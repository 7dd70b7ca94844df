"""Scores of labels against the truth, from the confusion matrix (Long et al. 2015, section 5, and Dice)."""
import numpy as np


def confusion_matrix(truth: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """[i, j]: pixels of class i that were given label j."""
    pairs = truth.astype(np.int64).ravel() * classes + labels.ravel()
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def scores_of(matrix: np.ndarray, names: tuple[str, ...]) -> dict:
    """Means are over the classes that occur in the truth or the labels."""
    matrix = matrix.astype(np.float64)
    correct, truth, given = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    occurs, is_true = truth + given > 0, truth > 0
    union = np.where(occurs, truth + given - correct, 1)
    accuracy, iou = correct / np.where(is_true, truth, 1), correct / union
    dice = 2 * correct / np.where(occurs, truth + given, 1)
    return {
        "pixel_accuracy": round(correct.sum() / matrix.sum(), 5),
        "mean_accuracy": round(accuracy[is_true].mean(), 5),
        "mean_iou": round(iou[occurs].mean(), 5),
        "frequency_weighted_iou": round((truth * iou).sum() / matrix.sum(), 5),
        "mean_dice": round(dice[occurs].mean(), 5),
        "classes": {name: {"accuracy": round(accuracy[i], 5), "iou": round(iou[i], 5), "dice": round(dice[i], 5)}
                    for i, name in enumerate(names) if occurs[i]},
    }
