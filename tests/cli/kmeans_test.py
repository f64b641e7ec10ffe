"""Compares kmeans with the plain algorithm, written down once more."""

import json
import math
import os
import random
import unittest

from programs import WORDCOUNT, ProgramTest, run

KMEANS = os.path.join(os.path.dirname(WORDCOUNT), "kmeans")
WORKERS = (1, 2, 3, 8)
FAR = 1e-9


def kmeans(*arguments, **options):
    return run(KMEANS, *map(str, arguments), **options)


def nearest(point, centroids):
    """The number of the centroid that is nearest to the point, the first one of several."""
    return min(range(len(centroids)),
               key=lambda c: (point[0] - centroids[c][0]) ** 2 + (point[1] - centroids[c][1]) ** 2)


def reference(points, k, rounds, tolerance=-1.0):
    """The centroids and how many rounds it took."""
    centroids = points[:k]
    for made in range(1, rounds + 1):
        clusters = [[] for _ in centroids]
        for point in points:
            clusters[nearest(point, centroids)].append(point)
        before, centroids = centroids, [
            (math.fsum(x for x, _ in cluster) / len(cluster),
             math.fsum(y for _, y in cluster) / len(cluster)) if cluster else centroid
            for cluster, centroid in zip(clusters, centroids)]
        if max(map(math.dist, before, centroids)) <= tolerance:
            return sorted(centroids), made
    return sorted(centroids), rounds


def random_points(count, seed):
    source = random.Random(seed)
    centres = [(source.uniform(-100, 100), source.uniform(-100, 100)) for _ in range(6)]
    return [tuple(round(source.gauss(middle, 12), 6) for middle in source.choice(centres))
            for _ in range(count)]


class Clusters(ProgramTest):
    def write_points(self, points, end="\n"):
        return self.write("points.csv", end.join(f"{x},{y}" for x, y in points).encode())

    def assert_centroids(self, expected, *arguments):
        result = kmeans(*arguments, "--output", "centroids")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, b"")
        lines = (self.folder / "centroids").read_text().splitlines()
        self.assertEqual(len(lines), len(expected))
        for line, centroid in zip(lines, expected):
            for number, same in zip(map(float, line.split(",")), centroid):
                self.assertTrue(math.isclose(number, same, rel_tol=FAR, abs_tol=FAR), line)
        return result

    def test_sizes_and_workers(self):
        for count, k, rounds in ((1, 1, 3), (2, 2, 1), (7, 3, 4), (33, 33, 2), (500, 1, 2),
                                 (2_000, 7, 5), (20_000, 12, 2)):
            points = random_points(count, seed=count)
            path = self.write_points(points)
            expected, _ = reference(points, k, rounds)
            for workers in WORKERS:
                with self.subTest(points=count, centroids=k, rounds=rounds, workers=workers):
                    self.assert_centroids(expected, k, rounds, path, "--local", workers)

    def test_without_rounds_the_first_rows_are_the_centroids(self):
        # More of them than the first worker reads.
        points = random_points(1_000, seed=3)
        path = self.write_points(points, end="\r\n")
        for k in (1, 10, 999, 1_000):
            for workers in WORKERS:
                with self.subTest(centroids=k, workers=workers):
                    self.assert_centroids(sorted(points[:k]), k, 0, path, "--local", workers)

    def test_a_centroid_without_points_stays_and_ties_go_to_the_first(self):
        path = self.write_points([(1.5, 2.0), (1.5, 2.0), (8.0, 2.0), (9.0, 3.0)])
        for workers in WORKERS:
            with self.subTest(workers=workers):
                # All points are as near to the second centroid as to the first.
                self.assert_centroids([(1.5, 2.0), (5.0, 2.25)], 2, 1, path, "--local", workers)

    def test_it_ends_when_no_centroid_moves_far(self):
        points = random_points(3_000, seed=11)
        path = self.write_points(points)
        for tolerance in (0, 0.5, 1e9):
            expected, rounds = reference(points, 5, 400, tolerance)
            self.assertLess(rounds, 400)
            with self.subTest(tolerance=tolerance):
                result = self.assert_centroids(expected, 5, 400, path, "--tolerance", tolerance)
                self.assertEqual(result.stdout,
                                 f"3000 points, 5 centroids, {rounds} rounds\n".encode())

    def test_the_last_line_of_json(self):
        path = self.write_points(random_points(40, seed=1))
        lines = kmeans(3, 2, path, "--local", 2, "--json").stdout.splitlines()
        self.assertEqual(lines[0], b"40 points, 3 centroids, 2 rounds")
        report = json.loads(lines[1])
        self.assertGreater(report.pop("seconds"), 0)
        self.assertEqual(report, {"app": "kmeans", "items": 40, "ranks": 1, "workers": 2})


class BadInput(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("points.csv", b"1,2\n3,4\n5,6\n")

    def assert_refused(self, exit_code, words, *arguments):
        for workers in WORKERS:
            with self.subTest(workers=workers):
                before = self.names()
                result = kmeans(*arguments, "--output", "centroids", "--local", workers)
                self.assert_error(result, exit_code, *words)
                self.assertEqual(self.names(), before)

    def test_more_centroids_than_points(self):
        self.assert_refused(2, ("points.csv", "3 points", "4 centroids"), 4, 20, "points.csv")

    def test_no_points(self):
        for content in (b"", b"\n\n\r\n"):
            self.write("empty.csv", content)
            self.assert_refused(2, ("empty.csv", "0 points"), 1, 20, "empty.csv")

    def test_a_missing_file(self):
        self.assert_refused(2, ("missing.csv", "No such file"), 2, 3, "missing.csv")

    def test_malformed_rows(self):
        for row, place in ((b"x,4", "2:1"), (b"3,4,5", "2:5"), (b"3", "2:"), (b"3,nan", "2:3"),
                           (b"3, 4", "2:3")):
            self.write("bad.csv", b"1,2\n" + row + b"\n5,6\n")
            self.assert_refused(2, (f"bad.csv:{place}", "malformed row"), 2, 3, "bad.csv")

    def test_numbers_out_of_range(self):
        self.assert_refused(2, ("K",), 0, 3, "points.csv")
        self.assert_refused(2, ("K",), -1, 3, "points.csv")
        self.assert_refused(2, ("ITERS",), 1, -1, "points.csv")
        self.assert_refused(2, ("--tolerance",), 1, 1, "points.csv", "--tolerance", -0.5)


if __name__ == "__main__":
    unittest.main()
