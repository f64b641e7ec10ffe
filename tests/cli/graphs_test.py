"""Compares connected_components and pagerank with the plain algorithms, written down once more."""

import json
import math
import os
import random
import unittest

from programs import WORDCOUNT, ProgramTest, run

WORKERS = (1, 2, 5)
FAR = 1e-9


def program(name, *arguments, **options):
    return run(os.path.join(os.path.dirname(WORDCOUNT), name), *map(str, arguments), **options)


def number_of_vertices(edges):
    return 1 + max((max(edge) for edge in edges), default=-1)


def labels_after(most_rounds, edges, vertices):
    """The labels, and how many rounds it took."""
    labels = list(range(vertices))
    for rounds in range(1, most_rounds + 1):
        lower = list(labels)
        for a, b in edges:
            lower[a] = min(lower[a], labels[b])
            lower[b] = min(lower[b], labels[a])
        if lower == labels:
            return labels, rounds
        labels = lower
    return labels, most_rounds


def ranks_after(rounds, edges, vertices):
    degrees = [0] * vertices
    for source, _ in edges:
        degrees[source] += 1
    ranks = [1 / vertices] * vertices
    for _ in range(rounds):
        kept = math.fsum(rank for rank, degree in zip(ranks, degrees) if degree == 0)
        gained = [0.0] * vertices
        for source, destination in edges:
            gained[destination] += ranks[source] / degrees[source]
        ranks = [(0.15 + 0.85 * kept) / vertices + 0.85 * gain for gain in gained]
    return ranks


def random_edges(count, vertices, seed):
    source = random.Random(seed)
    return [(source.randrange(vertices), source.randrange(vertices)) for _ in range(count)]


def permuted(edges, seed):
    source = random.Random(seed)
    edges = list(edges)
    source.shuffle(edges)
    return edges


# Graphs with all kinds of vertices: alone, with itself, without ways in or out, in the last block.
GRAPHS = {
    "a loop": [(0, 0)],
    "an edge": [(0, 1)],
    "the same edge often": [(1, 0)] * 5_000,
    "a star inwards": [(v, 0) for v in range(1, 3_000)],
    "a star outwards": [(2_999, v) for v in range(2_999)],
    "a path": permuted([(v, v + 1) for v in range(60)], seed=1),
    "two circles": permuted([(v, (v + 1) % 50) for v in range(50)] +
                            [(100 + v, 100 + (v + 1) % 40) for v in range(40)], seed=2),
    "one vertex far off": [(0, 1), (1, 2_047), (150_000, 2)],
    "sparse": random_edges(1_500, 3_000, seed=3),
    "dense": random_edges(20_000, 1_024, seed=4),
    "several blocks": random_edges(9_000, 70_000, seed=5),
}


class GraphTest(ProgramTest):
    def write_edges(self, edges, name="edges.csv"):
        return self.write(name, "".join(f"{a},{b}\n" for a, b in edges).encode())

    def values(self, name, number, *arguments):
        """What the program prints, and the values that it writes."""
        result = program(name, *arguments, "--output", "values")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, b"")
        values = []
        for vertex, line in enumerate((self.folder / "values").read_text().splitlines()):
            first, second = line.split("\t")
            self.assertEqual(first, str(vertex))
            values.append(number(second))
        return result.stdout.decode(), values


class ConnectedComponents(GraphTest):
    def labels(self, *arguments):
        return self.values("connected_components", int, *arguments)

    def test_graphs_and_workers(self):
        for graph, edges in GRAPHS.items():
            path = self.write_edges(edges)
            vertices = number_of_vertices(edges)
            for most_rounds in (0, 2, 1_000):
                expected, rounds = labels_after(most_rounds, edges, vertices)
                components = sum(v == label for v, label in enumerate(expected))
                text = (f"{len(edges)} edges, {vertices} vertices, {components} components "
                        f"after {rounds} rounds\n")
                for workers in WORKERS:
                    with self.subTest(graph=graph, most_rounds=most_rounds, workers=workers):
                        self.assertEqual(self.labels(most_rounds, path, "--local", workers),
                                         (text, expected))

    def test_vertices_without_edges(self):
        path = self.write_edges([(2, 1)])
        expected = [0, 1, 1, *range(3, 2_050)]
        for workers in WORKERS:
            with self.subTest(workers=workers):
                _, labels = self.labels(9, path, "--vertices", 2_050, "--local", workers)
                self.assertEqual(labels, expected)

    def test_the_last_line_of_json(self):
        path = self.write_edges(GRAPHS["two circles"])
        result = program("connected_components", 100, path, "--json", "--local", 3)
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertGreater(report.pop("seconds"), 0)
        self.assertEqual(report, {"app": "connected_components", "items": 90, "ranks": 1,
                                  "workers": 3, "result": "52"})


class PageRank(GraphTest):
    def ranks(self, *arguments):
        return self.values("pagerank", float, *arguments)

    def assert_ranks(self, expected, ranks):
        self.assertEqual(len(ranks), len(expected))
        self.assertTrue(math.isclose(math.fsum(ranks), 1, rel_tol=FAR))
        for rank, same in zip(ranks, expected):
            self.assertTrue(math.isclose(rank, same, rel_tol=FAR), f"{rank} is not {same}")

    def test_graphs_and_workers(self):
        for graph, edges in GRAPHS.items():
            path = self.write_edges(edges)
            vertices = number_of_vertices(edges)
            for rounds in (0, 7):
                expected = ranks_after(rounds, edges, vertices)
                for workers in WORKERS:
                    with self.subTest(graph=graph, rounds=rounds, workers=workers):
                        text, ranks = self.ranks(rounds, path, "--local", workers)
                        self.assertEqual(text, f"{len(edges)} edges, {vertices} vertices, "
                                               f"{rounds} rounds\n")
                        self.assert_ranks(expected, ranks)

    def test_vertices_without_edges(self):
        edges = [(2, 1), (1, 0)]
        path = self.write_edges(edges)
        for vertices in (3, 1_024, 1_025, 2_048, 5_000):
            for workers in WORKERS:
                with self.subTest(vertices=vertices, workers=workers):
                    _, ranks = self.ranks(5, path, "--vertices", vertices, "--local", workers)
                    self.assert_ranks(ranks_after(5, edges, vertices), ranks)

    def test_every_run_has_the_same_digits(self):
        path = self.write_edges(random_edges(30_000, 2_000, seed=7))
        runs = [self.ranks(10, path, "--local", 3) for _ in range(10)]
        self.assertTrue(all(run == runs[0] for run in runs))

    def test_the_last_line_of_json(self):
        path = self.write_edges(GRAPHS["two circles"])
        result = program("pagerank", 3, path, "--json", "--local", 3)
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertGreater(report.pop("seconds"), 0)
        self.assertEqual(report, {"app": "pagerank", "items": 90, "ranks": 1, "workers": 3})


class BothPrograms(GraphTest):
    def assert_refused(self, words, *arguments):
        for name in ("connected_components", "pagerank"):
            for workers in (1, 3):
                with self.subTest(program=name, workers=workers):
                    before = self.names()
                    result = program(name, *arguments, "--output", "values", "--local", workers)
                    self.assert_error(result, 2, *words)
                    self.assertEqual(self.names(), before)

    def test_no_edges(self):
        path = self.write_edges([])
        for name, value in (("connected_components", int), ("pagerank", float)):
            with self.subTest(program=name):
                text, values = self.values(name, value, 5, path)
                self.assertTrue(text.startswith("0 edges, 0 vertices"), text)
                self.assertEqual(values, [])
                _, values = self.values(name, value, 5, path, "--vertices", 4)
                self.assertEqual(values, [0, 1, 2, 3] if value is int else [0.25] * 4)

    def test_a_missing_file(self):
        self.assert_refused(("missing.csv", "No such file"), 5, "missing.csv")

    def test_malformed_rows(self):
        for row, place in ((b"x,4", "2:1"), (b"3,4,5", "2:5"), (b"3", "2:"), (b"3,-1", "2:3"),
                           (b"1.5,2", "2:1"), (b"1,4294967296", "2:3")):
            self.write("bad.csv", b"1,2\n" + row + b"\n5,6\n")
            self.assert_refused((f"bad.csv:{place}", "malformed row"), 5, "bad.csv")

    def test_vertices_out_of_range(self):
        self.write_edges([(0, 1), (5, 2), (3, 7), (1, 1)])
        self.assert_refused(("edges.csv", "vertex 7", "less than 7", "--vertices"),
                            5, "edges.csv", "--vertices", 7)
        self.assert_refused(("vertex 7", "less than 1,"), 5, "edges.csv", "--vertices", 1)
        self.write_edges([(0, 1), (4_294_967_295, 2)])
        self.assert_refused(("edges.csv", "vertex 4294967295", "less than"), 5, "edges.csv")

    def test_numbers_out_of_range(self):
        self.write_edges([(0, 1)])
        self.assert_refused(("ITERS",), -1, "edges.csv")
        self.assert_refused(("ITERS",), "many", "edges.csv")
        for vertices in (0, -3, "x", 10**12):
            self.assert_refused(("--vertices",), 5, "edges.csv", "--vertices", vertices)


if __name__ == "__main__":
    unittest.main()
