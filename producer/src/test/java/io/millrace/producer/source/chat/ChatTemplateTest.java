package io.millrace.producer.source.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.record.ChatMessage;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
    private static final List<ChatMessage> CHAT =
            List.of(new ChatMessage("system", "Be brief."), new ChatMessage("user", "1+1?\nThink."));

    @Test
    void chatmlEndsWithTheOpeningOfTheAssistantsTurn() {
        assertEquals(
                "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n1+1?\nThink.<|im_end|>\n<|im_start|>assistant\n",
                ChatTemplate.CHATML.render(CHAT));
    }

    @Test
    void plainIsTheContentsLineByLine() {
        assertEquals("Be brief.\n1+1?\nThink.", ChatTemplate.PLAIN.render(CHAT));
    }

    @Test
    void everyTemplateIsFoundByItsSettingName() {
        for (ChatTemplate template : ChatTemplate.values()) {
            assertSame(template, ChatTemplate.parse(template.settingName()));
        }
    }

    @Test
    void anUnknownTemplateIsRefusedWithTheKnownOnesAndTheWayOut() {
        String message = assertThrows(IllegalArgumentException.class, () -> ChatTemplate.parse("llama3"))
                .getMessage();
        assertTrue(message.contains("chatml, plain"), message);
        assertTrue(message.contains("'llama3'"), message);
        assertTrue(message.contains("token ids"), message);
    }
}
