const form = /^[\w.:-]{1,249}$/;

/** Whether every broker takes it as the name of a topic. */
export const isTopicName = (text: string): boolean => form.test(text);

/** For messages. */
export const topicNameRule = '1 to 249 of letters, digits and . _ : -';
