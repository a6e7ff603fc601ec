package io.millrace.ops.cluster;

import io.millrace.common.id.RunId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;

/** The groups of a run, of both of Kafka's kinds: their ids begin with the run's, as its topics do. One owner. */
public final class RunGroups {
    private final Admin admin;
    private final String prefix;

    /** @param admin not owned */
    public RunGroups(Admin admin, RunId run) {
        this.admin = admin;
        this.prefix = run + ".";
    }

    /** @param share whether it is a share group; else it is a consumer group */
    public record Group(String id, boolean share) {}

    /** In order of their ids. */
    public List<Group> all() throws InterruptedException {
        Map<String, Group> groups = new TreeMap<>();
        for (GroupListing listing :
                RunClients.answer("list groups", admin.listGroups().all())) {
            if (listing.groupId().startsWith(prefix)) {
                boolean share = listing.type().orElse(GroupType.UNKNOWN) == GroupType.SHARE;
                groups.put(listing.groupId(), new Group(listing.groupId(), share));
            }
        }
        return List.copyOf(groups.values());
    }

    /** What it has taken of each partition: for a share group where its next claim begins. */
    public Map<TopicPartition, Long> positions(Group group) throws InterruptedException {
        Map<TopicPartition, Long> positions = new HashMap<>();
        if (group.share()) {
            RunClients.answer(
                            "list what share group " + group.id() + " has claimed",
                            admin.listShareGroupOffsets(Map.of(group.id(), new ListShareGroupOffsetsSpec()))
                                    .partitionsToOffsetInfo(group.id()))
                    .forEach((partition, info) -> {
                        if (info != null && info.startOffset() >= 0) {
                            positions.put(partition, info.startOffset());
                        }
                    });
        } else {
            RunClients.answer(
                            "list what consumer group " + group.id() + " has committed",
                            admin.listConsumerGroupOffsets(group.id()).partitionsToOffsetAndMetadata())
                    .forEach((partition, committed) -> {
                        if (committed != null) {
                            positions.put(partition, committed.offset());
                        }
                    });
        }
        return positions;
    }

    /** Client ids of its members now. */
    public List<String> members(Group group) throws InterruptedException {
        List<String> members = new ArrayList<>();
        if (group.share()) {
            RunClients.answer(
                            "describe share group " + group.id(),
                            admin.describeShareGroups(List.of(group.id())).all())
                    .values()
                    .forEach(described -> described.members().forEach(member -> members.add(member.clientId())));
        } else {
            RunClients.answer(
                            "describe consumer group " + group.id(),
                            admin.describeConsumerGroups(List.of(group.id())).all())
                    .values()
                    .forEach(described -> described.members().forEach(member -> members.add(member.clientId())));
        }
        return members;
    }

    /** @throws io.millrace.common.config.SettingException when it has members, or may not be deleted */
    public void delete(Group group) throws InterruptedException {
        RunClients.answer(
                "delete group " + group.id(),
                group.share()
                        ? admin.deleteShareGroups(List.of(group.id())).all()
                        : admin.deleteConsumerGroups(List.of(group.id())).all());
    }
}
