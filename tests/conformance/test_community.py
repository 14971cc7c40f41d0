"""Discussions and pull requests between two people."""


def test_a_stranger_proposes_and_the_owner_merges(connection):
    repository = f"ada/open-{connection.client.version}"
    connection.run("owner", repository=repository, step="create", private=False)
    before = [".gitattributes", "rows.csv"]

    said = connection.run(
        "community", who="bruno", repository=repository, step="propose"
    )

    assert said["talk"] != said["number"]
    assert said["revision"] == f"refs/pr/{said['number']}"
    assert said["url"].startswith(f"{connection.site.address}/datasets/{repository}/")
    assert said["is_pull_request"] is True
    assert said["status"] == "open"
    assert said["author"] == "bruno"
    assert said["main"] == before
    assert said["proposed"] == sorted([*before, "more.bin", "units.txt"])
    assert said["merged_by_stranger"]["status"] == 403

    merged = connection.run(
        "community",
        repository=repository,
        step="merge",
        number=said["number"],
        talk=said["talk"],
    )

    assert merged["pull_requests"] == [said["revision"]]
    assert merged["status"] == "merged"
    assert merged["main"] == sorted([*before, "more.bin", "units.txt"])
    title, status, events = merged["talk"]
    assert (title, status) == ("Units of what?", "closed")
    assert events[:2] == ["comment", "comment"]
    assert {"title-change", "status-change"} <= set(events)
    assert merged["open"] == []
    assert merged["all"] == sorted([said["talk"], said["number"]])
